import { Badge, Group, Select, TextInput } from "@mantine/core";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { profileWords } from "@/words/profiles";

import { useHolds } from "./ask";

const words = profileWords.acts;
const KINDS = Object.entries(words.kinds).map(([value, label]) => ({ value, label }));

function HoldButton({ profile }: { profile: string }) {
  const [kind, setKind] = useState("front_desk");
  const [until, setUntil] = useState("");
  return (
    <ActButton
      needs="people.edit"
      label={words.hold}
      what={words.holdWhat}
      done={words.held}
      stale={[["profiles", profile]]}
      button={{ variant: "filled" }}
      act={(signed) => answer(api.POST("/api/v1/holds", { body: { profile, kind, ...(until === "" ? {} : { until }), ...signed } }))}
    >
      <Select label={words.kind} data={KINDS} value={kind} onChange={(next) => setKind(next ?? "other")} allowDeselect={false} />
      <TextInput label={words.until} description={words.untilHelp} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
    </ActButton>
  );
}

function MergeButton({ profile }: { profile: string }) {
  const [other, setOther] = useState("");
  return (
    <ActButton
      needs="identity.decide"
      label={words.merge}
      what={words.mergeWhat}
      done={words.mergeDone}
      stale={[["profiles"]]}
      act={(signed) => answer(api.POST("/api/v1/identity/acts", { body: { act: "merge", a: profile, b: other.trim(), identifiers: [], ...signed } }))}
    >
      <TextInput label={words.mergeWith} value={other} onChange={(event) => setOther(event.currentTarget.value)} required />
    </ActButton>
  );
}

/** What can be done about one person; each act asks for a reason and is on record. */
export function Acts({ profile }: { profile: string }) {
  const holds = useHolds(profile);
  const standing = holds.data ?? [];
  return (
    <Group gap="xs">
      {standing.map((each) => (
        <Badge key={each.kind + each.since_at} color="ochre">
          {words.standing(words.kinds[each.kind as keyof typeof words.kinds] ?? each.kind)}
        </Badge>
      ))}
      {standing.length > 0 ? (
        <ActButton
          needs="people.edit"
          label={words.lift}
          done={words.liftDone}
          stale={[["profiles", profile]]}
          act={(signed) => answer(api.POST("/api/v1/holds/lift", { body: { profile, ...signed } }))}
        />
      ) : (
        <HoldButton profile={profile} />
      )}
      <MergeButton profile={profile} />
    </Group>
  );
}
