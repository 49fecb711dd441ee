import { Button, Group } from "@mantine/core";
import { useState } from "react";

import { Asked } from "@/parts/Asked";
import { Empty } from "@/parts/Empty";
import { Instant } from "@/parts/Instant";
import { Rows } from "@/parts/Rows";
import { To } from "@/parts/To";
import { audienceWords as words } from "@/words/audiences";
import { states } from "@/words/shell";

import { useMembers } from "./ask";

/** Who is in it, page by page. */
export function MembersTab({ audience }: { audience: string }) {
  const [pages, setPages] = useState([0]);
  const query = useMembers(audience, pages[pages.length - 1] ?? 0);
  return (
    <Asked query={query}>
      {({ members, next }) =>
        members.length === 0 ? (
          <Empty title={words.noMembers} what={words.noMembersDo} />
        ) : (
          <>
            <Rows
              label={words.tabs.members}
              rows={members}
              rowKey={(each) => each.profile_id}
              least={340}
              columns={[
                { head: words.member.profile, cell: (each) => <To to={`/profiles/${each.profile_id}`}>{words.profile(each.profile_id)}</To> },
                { head: words.member.joined, cell: (each) => <Instant at={each.joined_at} /> },
              ]}
            />
            <Group>
              {pages.length > 1 && <Button size="xs" variant="default" onClick={() => setPages((all) => all.slice(0, -1))}>{states.back}</Button>}
              {next !== null && <Button size="xs" variant="default" onClick={() => setPages((all) => [...all, next])}>{states.more}</Button>}
            </Group>
          </>
        )
      }
    </Asked>
  );
}
