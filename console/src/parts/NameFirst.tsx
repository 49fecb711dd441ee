import { Button, Group, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";

const NAME = /^[a-z0-9_-]{1,63}$/;

interface Words {
  name: string;
  nameHelp: string;
  nameWrong: string;
  nameTaken: string;
  start: string;
}

/** Asks for the name of something new before it is edited. */
export function NameFirst({ words, isTaken, begin }: { words: Words; isTaken: (name: string) => boolean; begin: (name: string) => void }) {
  const [name, setName] = useState("");
  const error = name === "" ? undefined : isTaken(name) ? words.nameTaken : NAME.test(name) ? undefined : words.nameWrong;
  function submit(event: FormEvent) {
    event.preventDefault();
    if (error === undefined && name !== "") begin(name);
  }
  return (
    <form onSubmit={submit}>
      <Group align="flex-end">
        <TextInput label={words.name} description={words.nameHelp} error={error} value={name} onChange={(event) => setName(event.currentTarget.value)} required w={360} inputWrapperOrder={["label", "description", "input", "error"]} />
        <Button type="submit">{words.start}</Button>
      </Group>
    </form>
  );
}
