import { Button, type ButtonProps } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";

import { Problem } from "@/api/problem";
import { draftWords as words } from "@/words/changes";

import { Allowed } from "./Allowed";
import { type From, PASSED, useDraft } from "./draft";
import { PassedModal } from "./PassedModal";

interface Props extends ButtonProps {
  path: string;
  /** The new text; null removes the file. */
  text: string | null;
  /** What the text goes on from: nothing else is replaced. */
  from: From;
  label?: string;
  kept?: () => void;
}

/** Keeps a file's text in one's draft, and says so. What it would replace unseen is shown first. */
export function KeepDraft({ path, text, from, label = words.keep, kept, ...button }: Props) {
  const { keep } = useDraft();
  const [isBusy, setBusy] = useState(false);
  const [isPassed, setPassed] = useState(false);
  async function save(over: From) {
    setBusy(true);
    try {
      const { is_stale } = await keep(path, text, over);
      setPassed(false);
      notifications.show(is_stale ? { message: words.keptStale, color: "ochre" } : { message: words.kept, color: "green" });
      kept?.();
    } catch (failure) {
      // Whatever else it was is said already.
      if (failure instanceof Problem && failure.code === PASSED) setPassed(true);
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <Allowed needs="workspace.draft" label={label} {...button}>
        <Button {...button} loading={isBusy} onClick={() => void save(from)}>{label}</Button>
      </Allowed>
      <PassedModal path={path} text={text} opened={isPassed} close={() => setPassed(false)} keep={(over) => void save(over)} />
    </>
  );
}
