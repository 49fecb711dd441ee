import { Button } from "@mantine/core";

import { conditionWords as words } from "@/words/conditions";

import { type Condition, put, rename } from "./condition";
import { Comparison } from "./fields";


export const NUMBER_OPS = ["at_least", "at_most", "above", "below", "exactly"] as const;
export const VALUE_OPS = ["is", "is_not", "in", "not_in", "above", "below", "at_least", "at_most", "contains", "starts_with", "ends_with"] as const;
export const TRAIT_OPS = [
  ...VALUE_OPS, "contains_any", "contains_all", "exists", "newer_than", "older_than", "before", "after", "on", "within_next", "anniversary",
] as const;

/** All comparisons of a mapping, which must hold together; what is none of the names is left to others. */
export function Comparisons({ of, ops, keep, onChange }: { of: Condition; ops: readonly string[]; keep: readonly string[]; onChange: (next: Condition) => void }) {
  const standing = Object.keys(of).filter((key) => ops.includes(key) && !keep.includes(key));
  const free = ops.find((each) => !(each in of)) ?? "is";
  return (
    <>
      {standing.map((op) => (
        <Comparison
          key={op}
          op={op}
          value={of[op]}
          ops={ops.filter((each) => each === op || !(each in of))}
          onChange={(next, value) => onChange(rename(of, op, next, value))}
          onRemove={standing.length > 1 ? () => onChange(put(of, op, undefined)) : undefined}
        />
      ))}
      <Button size="compact-xs" variant="subtle" onClick={() => onChange({ ...of, [free]: "" })}>
        {words.addComparison}
      </Button>
    </>
  );
}
