import { NavLink, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { useSession } from "@/parts/session";

import { MENU } from "./screens";

function isHere(path: string, to: string): boolean {
  return to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`);
}

export function Menu({ path }: { path: string }) {
  const { permissions } = useSession();
  return MENU.map((each) => (
    <div key={each.group} role="group" aria-label={each.group}>
      <Text size="xs" fw={600} className="ff-quiet" px="sm" pt="sm" pb={4}>
        {each.group}
      </Text>
      {each.screens.filter(({ needs }) => needs === undefined || permissions.includes(needs)).map(({ to, label, icon: Icon }) => (
        <NavLink
          key={to}
          component={Link}
          to={to}
          label={label}
          active={isHere(path, to)}
          aria-current={isHere(path, to) ? "page" : undefined}
          leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
          style={{ borderRadius: 8 }}
        />
      ))}
    </div>
  ));
}
