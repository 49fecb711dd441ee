import { Badge, Group } from "@mantine/core";

import { Asked } from "@/parts/Asked";
import { worded } from "@/parts/numbers";
import { Rows } from "@/parts/Rows";
import { userWords as words } from "@/words/users";

import { useRoles } from "./ask";

/** Every role and what it may do. */
export function Roles() {
  const query = useRoles();
  return (
    <Asked query={query}>
      {(roles) => (
        <Rows
          label={words.tabs.roles}
          rows={roles}
          rowKey={(each) => each.role}
          columns={[
            { head: words.role.role, width: 160, cell: (each) => <b>{worded(each.role)}</b> },
            {
              head: words.role.may,
              cell: (each) => (
                <Group gap={4}>
                  {each.permissions.map((permission) => (
                    <Badge key={permission} variant="default">{permission}</Badge>
                  ))}
                </Group>
              ),
            },
          ]}
        />
      )}
    </Asked>
  );
}
