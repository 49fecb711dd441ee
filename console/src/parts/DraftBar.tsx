import { Alert, Anchor, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { draftWords } from "@/words/changes";
import { shell } from "@/words/shell";

import { differing, useDraft } from "./draft";
import { useWorkspace } from "./workspace";

/** Says on every screen that something was edited and is not applied yet. */
export function DraftBar() {
  const { draft } = useDraft();
  const { data: workspace } = useWorkspace();
  const count = workspace === undefined ? 0 : Object.keys(differing(workspace.files, draft)).length;
  if (count === 0) return null;
  return (
    <Alert color="ochre" variant="light" py={6} mb="md">
      <Group justify="space-between" gap="xs">
        <Text size="sm">{shell.draft(count)}</Text>
        <Anchor component={Link} to="/changes" size="sm" underline="always">
          {draftWords.review}
        </Anchor>
      </Group>
    </Alert>
  );
}
