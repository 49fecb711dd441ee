import { ActionIcon, AppShell, Burger, Group, ScrollArea, Text, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconLogout, IconSunMoon } from "@tabler/icons-react";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";

import { DraftBar } from "@/parts/DraftBar";
import { useSession } from "@/parts/session";
import { ZoneContext } from "@/parts/workspace";
import { shell } from "@/words/shell";

import { useKeptFocus } from "./focus";
import { useLive } from "./live";
import { Menu } from "./Menu";

/** The frame around every screen: menu, brand, theme, signing out, and the zone in which times are shown. */
export function Shell({ leave }: { leave: () => void }) {
  const [opened, { toggle, close }] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const { workspace, user } = useSession();
  useLive();
  useKeptFocus();
  useEffect(close, [path, close]);

  return (
    <ZoneContext value={workspace?.time_zone ?? "UTC"}>
      <a href="#screen" className="ff-skip">
        {shell.skip}
      </a>
      <AppShell header={{ height: 52 }} navbar={{ width: 212, breakpoint: "sm", collapsed: { mobile: !opened } }} padding="md">
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
              <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={shell.openMenu} aria-expanded={opened} />
              <img src="/fieldfare.svg" alt="" width={28} height={28} />
              <Text fw={650}>{shell.name}</Text>
              <Text size="sm" className="ff-quiet" truncate>
                {workspace?.name}
              </Text>
            </Group>
            <Group gap={4} wrap="nowrap">
              <Text size="sm" visibleFrom="sm">{user?.display_name || user?.name}</Text>
              <ActionIcon variant="subtle" size="lg" aria-label={shell.theme} onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}>
                <IconSunMoon size={20} aria-hidden />
              </ActionIcon>
              <ActionIcon variant="subtle" size="lg" aria-label={shell.signOut} onClick={leave}>
                <IconLogout size={20} aria-hidden />
              </ActionIcon>
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" aria-label={shell.menu}>
          <AppShell.Section grow component={ScrollArea}>
            <Menu path={path} />
          </AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main id="screen" tabIndex={-1}>
          <DraftBar />
          <Outlet />
        </AppShell.Main>
      </AppShell>
    </ZoneContext>
  );
}
