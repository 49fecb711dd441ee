import { Autocomplete, Checkbox, Group, TextInput } from "@mantine/core";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { useTraitNames } from "@/parts/conditions/names";
import { likest } from "@/parts/likest";
import { profileWords } from "@/words/profiles";

const words = profileWords.correct;
const PATH = "/api/v1/profiles/{profile}/corrections";

/** The name of a trait, of those that the workspace knows; another one is a new trait, which must be meant. */
function TraitName({ name, setName }: { name: string; setName: (name: string) => void }) {
  const traits = useTraitNames();
  const meant = name.trim();
  const isNew = meant !== "" && !traits.includes(meant);
  return (
    <>
      <Autocomplete label={words.trait} required data={traits} limit={50} value={name} onChange={setName} />
      {isNew && <Checkbox key={meant} required label={words.fresh(meant)} description={words.freshHelp(likest(meant, traits))} />}
    </>
  );
}

/** Corrects a trait. The value is asked for empty, whatever is known: what is sealed is not shown by it. */
function CorrectButton({ profile, trait }: { profile: string; trait: string | null }) {
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const [unset, setUnset] = useState(false);
  const meant = trait ?? name.trim();
  return (
    <ActButton
      needs="people.edit"
      label={trait === null ? words.other : words.correct}
      title={trait === null ? words.other : words.of(trait)}
      what={words.what}
      done={words.done}
      stale={[["profiles", profile]]}
      button={{ size: "compact-xs", ...(trait === null ? {} : { "aria-label": words.of(trait) }) }}
      act={async (signed) => {
        const body = { trait: meant, value: unset ? null : value, ...signed };
        await answer(api.POST(PATH, { params: { path: { profile } }, body }));
        setValue("");
      }}
    >
      {trait === null && <TraitName name={name} setName={setName} />}
      <TextInput
        label={words.value}
        description={words.valueHelp}
        required={!unset}
        disabled={unset}
        autoComplete="off"
        value={unset ? "" : value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Checkbox label={words.unset} checked={unset} onChange={(event) => setUnset(event.currentTarget.checked)} />
    </ActButton>
  );
}

function LiftButton({ profile, trait }: { profile: string; trait: string }) {
  return (
    <ActButton
      needs="people.edit"
      label={words.lift}
      title={words.liftOf(trait)}
      what={words.liftWhat}
      done={words.lifted}
      stale={[["profiles", profile]]}
      button={{ size: "compact-xs", "aria-label": words.liftOf(trait) }}
      act={(signed) => answer(api.POST(`${PATH}/lift`, { params: { path: { profile } }, body: { trait, ...signed } }))}
    />
  );
}

/** Corrects one trait, and lifts what was corrected. */
export function Correct({ profile, trait, isCorrected }: { profile: string; trait: string; isCorrected: boolean }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <CorrectButton profile={profile} trait={trait} />
      {isCorrected && <LiftButton profile={profile} trait={trait} />}
    </Group>
  );
}

/** Corrects a trait that is not known yet. */
export function CorrectOther({ profile }: { profile: string }) {
  return (
    <div>
      <CorrectButton profile={profile} trait={null} />
    </div>
  );
}
