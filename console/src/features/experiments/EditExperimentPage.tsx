import { useParams } from "@tanstack/react-router";

import { Asked, Loading } from "@/parts/Asked";
import { begun, overlaid, useDraft } from "@/parts/draft";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { useWorkspace } from "@/parts/workspace";
import { experimentWords } from "@/words/experiments";

import { Editor } from "./Editor";
import { pathIn, START } from "./text";

const words = experimentWords.plan;

/** The plan of an experiment that is registered, or of a holdout that is not yet. */
export function EditExperimentPage() {
  const { experiment } = useParams({ from: "/experiments/$experiment/edit" });
  const workspace = useWorkspace();
  const { draft, bases, isLoading } = useDraft();
  return (
    <Screen title={words.editTitle(experiment)} what={words.what} above={<To to={`/experiments/${experiment}`}>{experiment}</To>}>
      <Asked query={workspace}>
        {(found) => {
          if (isLoading) return <Loading lines={8} />;
          const path = pathIn(overlaid(found.files, draft), experiment);
          return <Editor key={experiment} path={path} begun={begun(found, { draft, bases }, path, `${START(experiment)}journey: ${experiment}\n`)} />;
        }}
      </Asked>
    </Screen>
  );
}
