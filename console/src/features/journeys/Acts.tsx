import { Select, TextInput } from "@mantine/core";
import { useState } from "react";

import { answer, api } from "@/api/client";
import { ActButton } from "@/parts/ActButton";
import { journeyWords as words } from "@/words/journeys";

import { useModes, usePauses } from "./ask";

const MODES = Object.entries(words.modes).map(([value, label]) => ({ value, label }));

function PauseButton({ name }: { name: string }) {
  const pauses = usePauses();
  const standing = pauses.data?.find((each) => each.scope === "journey" && each.name === name);
  const order = { scope: "journey", name };
  if (standing !== undefined) {
    return (
      <ActButton
        needs="orders.give"
        label={words.resume}
        what={words.isPaused(standing.actor, standing.reason)}
        done={words.resumed}
        stale={[["pauses"], ["journeys"]]}
        button={{ variant: "filled", size: "sm" }}
        act={(signed) => answer(api.POST("/api/v1/pauses/resume", { body: { ...order, ...signed } }))}
      />
    );
  }
  return (
    <ActButton
      needs="orders.give"
      label={words.pause}
      what={words.pauseWhat}
      done={words.paused}
      stale={[["pauses"], ["journeys"]]}
      button={{ size: "sm", color: "red", variant: "light" }}
      act={(signed) => answer(api.POST("/api/v1/pauses", { body: { ...order, ...signed } }))}
    />
  );
}

function ModeButton({ name }: { name: string }) {
  const automation = `journey:${name}`;
  const modes = useModes();
  const now = modes.data?.find((each) => each.automation === automation)?.mode ?? "on";
  const [mode, setMode] = useState<string | null>(null);
  return (
    <ActButton
      needs="orders.give"
      label={`${words.mode}: ${now.replace("_", "-")}`}
      title={words.setMode}
      done={words.modeSet}
      stale={[["modes"]]}
      button={{ size: "sm" }}
      act={(signed) => answer(api.POST("/api/v1/modes", { body: { automation, mode: mode ?? now, ...signed } }))}
    >
      <Select label={words.mode} data={MODES} value={mode ?? now} onChange={setMode} allowDeselect={false} />
    </ActButton>
  );
}

function EnrollButton({ name }: { name: string }) {
  const [profile, setProfile] = useState("");
  return (
    <ActButton
      needs="messages.send"
      label={words.enroll}
      what={words.enrollWhat}
      done={words.enrolled}
      reasoned="never"
      stale={[["journeys"]]}
      button={{ size: "sm" }}
      act={() => answer(api.POST("/api/v1/journeys/{name}/enroll", { params: { path: { name } }, body: { profile: profile.trim(), properties: {} } }))}
    >
      <TextInput label={words.person} required value={profile} onChange={(event) => setProfile(event.currentTarget.value)} />
    </ActButton>
  );
}

/** Pausing, the mode, enrolling: what can be done about a journey that runs. */
export function Acts({ name, byCall }: { name: string; byCall: boolean }) {
  return (
    <>
      {byCall && <EnrollButton name={name} />}
      <ModeButton name={name} />
      <PauseButton name={name} />
    </>
  );
}
