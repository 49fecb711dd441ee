import { useState } from "react";

import { Loading } from "@/parts/Asked";
import { begun, isTaken, useDraft } from "@/parts/draft";
import { NameFirst } from "@/parts/NameFirst";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { useWorkspace } from "@/parts/workspace";
import { journeyWords } from "@/words/journeys";

import { Editor } from "./Editor";
import { pathOf, START } from "./text";

const words = journeyWords.editor;

/** A name first, then the canvas. */
export function NewJourneyPage() {
  const [name, setName] = useState<string | null>(null);
  const { data: workspace } = useWorkspace();
  const { draft, bases, isLoading } = useDraft();
  return (
    <Screen title={name === null ? words.newTitle : words.title(name)} above={<To to="/journeys">{journeyWords.title}</To>}>
      {workspace === undefined || isLoading ? (
        <Loading />
      ) : name === null ? (
        <NameFirst words={words} isTaken={(each) => isTaken(workspace.files, draft, pathOf(each))} begin={setName} />
      ) : (
        <Editor name={name} begun={begun(workspace, { draft, bases }, pathOf(name), START(name))} />
      )}
    </Screen>
  );
}
