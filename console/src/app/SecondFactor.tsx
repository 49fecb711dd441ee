import { Button } from "@mantine/core";

import { SecondFactorForm } from "@/parts/SecondFactorForm";
import { shell, signInWords as words } from "@/words/shell";

import { Door } from "./Door";

/** Whoever has a role that needs a second factor sets one up before anything else. */
export function SecondFactor({ done, leave }: { done: () => void; leave: () => void }) {
  return (
    <Door title={words.factorTitle} what={words.factorWhat} submit={() => undefined}>
      <SecondFactorForm done={done} />
      <Button variant="subtle" onClick={leave}>{shell.signOut}</Button>
    </Door>
  );
}
