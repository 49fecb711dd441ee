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

import { shell } from "@/words/shell";

const { screens, groups } = shell;

/** The menu: what there is, in the order in which a day needs it. */
export const MENU = [
  {
    group: groups.look,
    screens: [
      { to: "/", label: screens.now, icon: IconHome },
      { to: "/profiles", label: screens.profiles, icon: IconUsers },
      { to: "/tasks", label: screens.tasks, icon: IconChecklist },
      { to: "/decisions", label: screens.decisions, icon: IconGavel },
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
] as const;
