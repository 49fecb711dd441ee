import { Button, type ButtonProps, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";

import { acts } from "@/words/shell";

interface Props extends ButtonProps {
  label: string;
  /** What is lost by it. */
  what: string;
  act: () => void;
}

/** A button whose act cannot be taken back: it asks once before it acts. For acts on record there is `ActButton`. */
export function SureButton({ label, what, act, ...button }: Props) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button {...button} onClick={open}>{label}</Button>
      <Modal opened={opened} onClose={close} title={label} centered>
        <Stack>
          <Text size="sm">{what}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>{acts.cancel}</Button>
            <Button color="red" onClick={() => (close(), act())}>{label}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
