import { useParams } from "@tanstack/react-router";

import { Asked } from "@/parts/Asked";
import { overlaid, useDraft } from "@/parts/draft";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { useWorkspace } from "@/parts/workspace";
import { journeyWords as words } from "@/words/journeys";

import { Editor } from "./Editor";
import { pathOf, START } from "./text";

/** Editing a journey that there is. */
export function EditJourneyPage() {
  const { journey } = useParams({ from: "/journeys/$journey/edit" });
  const workspace = useWorkspace();
  const { draft } = useDraft();
  return (
    <Screen title={words.editor.title(journey)} above={<To to={`/journeys/${journey}`}>{journey}</To>}>
      <Asked query={workspace}>
        {({ files }) => {
          const text = overlaid(files, draft)[pathOf(journey)];
          return <Editor key={journey} name={journey} start={text ?? START(journey)} isNew={text === undefined} />;
        }}
      </Asked>
    </Screen>
  );
}
