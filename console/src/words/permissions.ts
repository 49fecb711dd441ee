import type { Permission } from "@/api/session";

/** What each permission lets somebody do, as it is told to those who may not. */
const DOING: Record<Permission, string> = {
  see: "looking at this",
  "people.see": "looking at single people",
  "people.reveal": "seeing personal values in clear",
  "people.edit": "changing what is kept about people",
  "people.erase": "erasing people",
  "people.export": "taking audiences out",
  "identity.decide": "merging and splitting people",
  "messages.send": "sending messages",
  "messages.approve": "approving messages",
  "orders.give": "pausing, resuming and setting modes",
  "actions.ask": "asking about actions",
  "workspace.draft": "editing definitions",
  "workspace.apply": "applying changes",
  "workspace.approve": "approving changes",
  "lake.query": "asking the lake in SQL",
  "data.repair": "repairing data",
  "audit.read": "reading the record",
  "users.manage": "managing users",
};

export function mayNot(permission: Permission): string {
  return `Your role does not allow ${DOING[permission]}. Ask whoever manages users.`;
}
