import { Group, Stack, Text } from "@mantine/core";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useAsk } from "@/parts/ask";
import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { Panel } from "@/parts/Panel";
import { To } from "@/parts/To";
import { taskWords } from "@/words/tasks";

const words = taskWords.reviews;

interface Review {
  id: string;
  profile_id?: number | null;
  channel?: string;
  text?: string;
  at: string;
  [key: string]: unknown;
}

/** Answers that may be opt-outs: somebody reads them and decides. */
export function Reviews() {
  const query = useAsk<Review[]>(["tasks", "reviews"], () => api.GET("/api/v1/consent/reviews"), { every: 20_000 });
  const decide = (id: string, opt_out: boolean) => (signed: { actor: string }) =>
    answer(api.POST("/api/v1/consent/reviews/{review}", { params: { path: { review: id } }, body: { opt_out, actor: signed.actor } }));
  return (
    <Asked query={query}>
      {(found) =>
        found.length === 0 ? (
          <Empty title={words.none} what={words.noneDo} />
        ) : (
          <Stack>
            {found.map((each) => (
              <Panel key={each.id}>
                <Text style={{ whiteSpace: "pre-wrap" }}>{each.text ?? ""}</Text>
                <Group gap="xs">
                  <Instant at={each.at} />
                  <Text size="sm">{each.channel}</Text>
                  {each.profile_id != null && <To to={`/profiles/${each.profile_id}`}>{taskWords.person(each.profile_id)}</To>}
                </Group>
                <Group gap="xs">
                  <ActButton needs="people.edit" label={words.optOut} done={words.decided} reasoned="never" stale={[["tasks"], ["now"]]} button={{ color: "red", variant: "light" }} act={decide(each.id, true)} />
                  <ActButton needs="people.edit" label={words.stays} done={words.decided} reasoned="never" stale={[["tasks"], ["now"]]} act={decide(each.id, false)} />
                </Group>
              </Panel>
            ))}
          </Stack>
        )
      }
    </Asked>
  );
}
