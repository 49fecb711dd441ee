import { useState } from "react";

import { NameFirst } from "@/parts/NameFirst";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { useWorkspace } from "@/parts/workspace";
import { audienceWords } from "@/words/audiences";

import { Editor } from "./Editor";
import { pathOf, START } from "./text";

const words = audienceWords.editor;

/** A name first, then the builder. */
export function NewAudiencePage() {
  const [name, setName] = useState<string | null>(null);
  const { data: workspace } = useWorkspace();
  const isTaken = (each: string) => workspace !== undefined && pathOf(each) in workspace.files;
  return (
    <Screen title={name === null ? words.newTitle : words.title(name)} above={<To to="/audiences">{audienceWords.title}</To>}>
      {name === null ? <NameFirst words={words} isTaken={isTaken} begin={setName} /> : <Editor name={name} start={START(name)} isNew />}
    </Screen>
  );
}
