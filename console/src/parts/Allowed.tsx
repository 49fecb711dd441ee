import { Button, type ButtonProps, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";

import type { Permission } from "@/api/session";
import { mayNot } from "@/words/permissions";

import { useMay } from "./session";

/** Does not send the form it stands in, and does nothing. */
function shut(event: { preventDefault: () => void }) {
  event.preventDefault();
}

/** A button that does nothing and says why, to the mouse, the keyboard and the screen reader alike. */
export function ShutButton({ label, why, ...button }: ButtonProps & { label: string; why: string; "aria-label"?: string }) {
  return (
    <Tooltip label={why} multiline maw={280} events={{ hover: true, focus: true, touch: true }} withArrow>
      <Button {...button} data-disabled aria-disabled onClick={shut} type="button">
        {label}
      </Button>
    </Tooltip>
  );
}

/** What only some roles may do. To all others a shut button stands in its place, with the reason. */
export function Allowed({ needs, label, children, ...button }: ButtonProps & { needs: Permission; label: string; children: ReactNode }) {
  return useMay(needs) ? children : <ShutButton label={label} why={mayNot(needs)} {...button} />;
}
