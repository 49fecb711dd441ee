import { Button, Group, Modal, Stack, Text } from "@mantine/core";

import { api } from "@/api/client";
import type { components } from "@/api/schema";
import { draftWords as words } from "@/words/changes";

import { useAsk } from "./ask";
import { Asked } from "./Asked";
import { Diff } from "./Diff";
import { FILE, type From, NO_DRAFT } from "./draft";
import { difference } from "./lines";

interface Props {
  path: string;
  text: string | null;
  opened: boolean;
  close: () => void;
  /** Keep one's text in place of what was seen here, and of nothing else. */
  keep: (over: From) => void;
}

/** What was kept or applied meanwhile, beside one's own text: nothing is replaced before somebody has looked. */
export function PassedModal({ path, text, opened, close, keep }: Props) {
  const query = useAsk<components["schemas"]["FileView"]>([...FILE, path], () => api.GET("/api/v1/workspace/files/{path}", { params: { path: { path } } }), { when: opened });
  return (
    <Modal opened={opened} onClose={close} title={words.passed} size="xl">
      <Asked query={query}>
        {({ content, draft, version }) => (
          <Stack>
            <Text size="sm">{draft === null ? words.passedFile(path, version) : words.passedDraft(path)}</Text>
            <Diff text={difference((draft === null ? content : draft.content) ?? "", text ?? "")} />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>{words.passedBack}</Button>
              <Button onClick={() => keep({ base: version, over: draft?.mark ?? NO_DRAFT })}>{words.passedKeep}</Button>
            </Group>
          </Stack>
        )}
      </Asked>
    </Modal>
  );
}
