import {
  IconAdjustmentsHorizontal,
  IconCalendarStats,
  IconChecklist,
  IconDatabase,
  IconFlask,
  IconGavel,
  IconGitBranch,
  IconHome,
  IconMail,
  IconRoute,
  IconShieldLock,
  IconUsers,
} from "@tabler/icons-react";

import type { Permission } from "@/api/session";
import { shell } from "@/words/shell";

const { screens, groups } = shell;

interface Entry {
  to: string;
  label: string;
  icon: typeof IconHome;
  /** Who may not finds no entry: the whole screen would refuse them. */
  needs?: Permission;
}

/** The menu: what there is, in the order in which a day needs it. */
export const MENU: { group: string; screens: Entry[] }[] = [
  {
    group: groups.look,
    screens: [
      { to: "/", label: screens.now, icon: IconHome },
      { to: "/profiles", label: screens.profiles, icon: IconUsers, needs: "people.see" },
      { to: "/tasks", label: screens.tasks, icon: IconChecklist, needs: "people.see" },
      { to: "/decisions", label: screens.decisions, icon: IconGavel, needs: "people.see" },
    ],
  },
  {
    group: groups.shape,
    screens: [
      { to: "/audiences", label: screens.audiences, icon: IconAdjustmentsHorizontal },
      { to: "/journeys", label: screens.journeys, icon: IconRoute },
      { to: "/messages", label: screens.messages, icon: IconMail },
      { to: "/seasons", label: screens.seasons, icon: IconCalendarStats },
      { to: "/experiments", label: screens.experiments, icon: IconFlask },
    ],
  },
  {
    group: groups.keep,
    screens: [
      { to: "/data", label: screens.data, icon: IconDatabase },
      { to: "/changes", label: screens.changes, icon: IconGitBranch },
      { to: "/users", label: screens.users, icon: IconShieldLock },
    ],
  },
];
