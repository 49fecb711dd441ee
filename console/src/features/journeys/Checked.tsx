import { Alert, Group, Loader, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { useActor } from "@/parts/actor";
import { overlaid, useDraft } from "@/parts/draft";
import { Refused } from "@/parts/Failure";
import { worded } from "@/parts/numbers";
import { planOf } from "@/parts/plan";
import { useWorkspace } from "@/parts/workspace";
import { journeyWords } from "@/words/journeys";

import { pathOf } from "./text";

const words = journeyWords.editor;
const REST_MS = 800;

/** Whether the journey as it is written is valid in this workspace, and what is still to do before it can be applied. */
export function Checked({ name, text, isSame }: { name: string; text: string; isSame: boolean }) {
  const [rested] = useDebouncedValue(text, REST_MS);
  const { data: workspace } = useWorkspace();
  const { draft } = useDraft();
  const actor = useActor();
  const query = useQuery({
    queryKey: ["checked", name, workspace?.version, rested, draft],
    queryFn: () => planOf({ ...overlaid(workspace?.files ?? {}, draft), [pathOf(name)]: rested }, actor),
    enabled: workspace !== undefined && !isSame,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const unready = query.data?.unready[name] ?? [];
  return (
    <div aria-live="polite">
      <Group gap="xs">
        <Text fw={600}>{words.check}</Text>
        {query.isFetching && <Loader size="xs" aria-label={words.checking} />}
      </Group>
      {isSame && <Text size="sm" className="ff-quiet">{words.unchanged}</Text>}
      {query.isError && (
        <Refused of={query.error} />
      )}
      {query.isSuccess && !isSame && unready.length === 0 && <Text size="sm" c="var(--ff-good)">{words.checkOk}</Text>}
      {query.isSuccess && unready.length > 0 && <Alert color="ochre">{words.unready(unready.map(worded).join(", "))}</Alert>}
    </div>
  );
}
