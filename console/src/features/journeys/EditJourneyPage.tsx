import { Stack } from "@mantine/core";
import { useParams } from "@tanstack/react-router";

import { Asked, Loading } from "@/parts/Asked";
import { begun, useDraft } from "@/parts/draft";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { useWorkspace } from "@/parts/workspace";
import { journeyWords as words } from "@/words/journeys";

import { Editor } from "./Editor";
import { Stories } from "./Stories";
import { pathOf, START } from "./text";

/** Editing a journey that there is, beside the stories that it is tested by. */
export function EditJourneyPage() {
  const { journey } = useParams({ from: "/journeys/$journey/edit" });
  const workspace = useWorkspace();
  const { draft, bases, isLoading } = useDraft();
  return (
    <Screen title={words.editor.title(journey)} above={<To to={`/journeys/${journey}`}>{journey}</To>}>
      <Asked query={workspace}>
        {(found) => {
          if (isLoading) return <Loading />;
          return (
            <Stack>
              <Editor key={journey} name={journey} begun={begun(found, { draft, bases }, pathOf(journey), START(journey))} />
              <Stories name={journey} files={found.files} />
            </Stack>
          );
        }}
      </Asked>
    </Screen>
  );
}
