import { Alert, Badge, Group, Loader, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { useActor } from "@/parts/actor";
import { useDraft } from "@/parts/draft";
import { Refused, saying } from "@/parts/Failure";
import { Figure } from "@/parts/Figure";
import { whole } from "@/parts/numbers";
import { planOf } from "@/parts/plan";
import { To } from "@/parts/To";
import { useWorkspace } from "@/parts/workspace";
import { audienceWords } from "@/words/audiences";

import { counted } from "./counted";
import { pathOf } from "./text";

const words = audienceWords.editor;
const REST_MS = 700;

/** Who would be in the audience as it is written, with examples; asked of the data while it is edited. */
export function Counted({ name, text, size }: { name: string; text: string; size: number | undefined }) {
  const [rested] = useDebouncedValue(text, REST_MS);
  const { data: workspace } = useWorkspace();
  const { draft } = useDraft();
  const actor = useActor();
  const query = useQuery({
    queryKey: ["counted", name, workspace?.version, rested, draft],
    queryFn: () => counted(workspace?.files ?? {}, draft, { path: pathOf(name), text: rested }, (files) => planOf(files, actor)),
    enabled: workspace !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const moves = query.data?.plan.audiences.find((each) => each.audience === name);
  const count = moves?.size_after ?? size;
  return (
    <Stack gap="xs" aria-live="polite">
      <Group gap="xs">
        <Text fw={600}>{words.count}</Text>
        {query.isFetching && <Loader size="xs" aria-label={words.counting} />}
        {moves !== undefined && !moves.is_exact && <Badge variant="light" color="ochre">{words.estimate}</Badge>}
      </Group>
      {query.isError && (
        <Refused of={query.error} title={words.problem} />
      )}
      {!query.isError && query.data?.withoutDrafts != null && (
        <Alert color="ochre" title={words.withoutDrafts}>
          <Stack gap={4}>
            <Text size="sm">{saying(query.data.withoutDrafts)}</Text>
            <To to="/changes" search={{ tab: "draft" }}>{words.toDrafts}</To>
          </Stack>
        </Alert>
      )}
      {!query.isError && (
        <Group gap="xl">
          <Figure value={count === undefined ? "–" : whole(count)} of={words.after} />
          {moves !== undefined && (
            <>
              <Figure value={whole(moves.size)} of={words.now} />
              <Figure value={`+${whole(moves.joins)}`} of={words.joins} />
              <Figure value={`−${whole(moves.leaves)}`} of={words.leaves} />
            </>
          )}
        </Group>
      )}
      {!query.isError && moves === undefined && query.data !== undefined && <Text size="sm" className="ff-quiet">{words.unchanged}</Text>}
      {moves !== undefined && moves.examples_joining.length > 0 && (
        <Group gap={8}>
          <Text size="sm">{words.examples}:</Text>
          {moves.examples_joining.map((each) => (
            <To key={each} to={`/profiles/${each}`}>
              {audienceWords.profile(each)}
            </To>
          ))}
        </Group>
      )}
      {moves !== undefined && Object.values(moves.needed_by).flat().length > 0 && (
        <Text size="sm">
          {words.needed}: {Object.values(moves.needed_by).flat().join(", ")}
        </Text>
      )}
    </Stack>
  );
}
