import { useState } from "react";

import { Loading } from "@/parts/Asked";
import { begun, isTaken, overlaid, useDraft } from "@/parts/draft";
import { NameFirst } from "@/parts/NameFirst";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { useWorkspace } from "@/parts/workspace";
import { experimentWords } from "@/words/experiments";

import { Editor } from "./Editor";
import { pathIn, pathOf, START } from "./text";

const words = experimentWords.plan;

/** A name first, then the plan. */
export function NewExperimentPage() {
  const [name, setName] = useState<string | null>(null);
  const { data: workspace } = useWorkspace();
  const { draft, bases, isLoading } = useDraft();
  const files = overlaid(workspace?.files ?? {}, draft);
  const taken = (each: string) => isTaken({ ...workspace?.files, ...files }, draft, pathIn(files, each));
  return (
    <Screen title={name === null ? words.newTitle : words.editTitle(name)} what={words.what} above={<To to="/experiments">{experimentWords.title}</To>}>
      {workspace === undefined || isLoading ? (
        <Loading />
      ) : name === null ? (
        <NameFirst words={{ ...words, start: words.begin }} isTaken={taken} begin={setName} />
      ) : (
        <Editor path={pathOf(name)} begun={begun(workspace, { draft, bases }, pathOf(name), START(name))} />
      )}
    </Screen>
  );
}
