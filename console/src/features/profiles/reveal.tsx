import { Badge } from "@mantine/core";
import { useState } from "react";

import { ActButton, type Signed } from "@/parts/ActButton";
import { profileWords as words } from "@/words/profiles";

/** The wish to see sealed values, which lasts as long as the part of the screen that asked. */
export function useReveal() {
  const [reveal, setReveal] = useState<Signed | null>(null);
  return { reveal, setReveal };
}

export function RevealButton({ reveal, onReveal }: { reveal: Signed | null; onReveal: (signed: Signed) => void }) {
  if (reveal !== null) return <Badge color="ochre" variant="light">{words.revealed}</Badge>;
  return (
    <div>
      <ActButton
        needs="people.reveal"
        label={words.reveal}
        what={words.revealWhat}
        done={words.revealed}
        act={(signed) => {
          onReveal(signed);
          return Promise.resolve();
        }}
      />
    </div>
  );
}
