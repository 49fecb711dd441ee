import { useParams } from "@tanstack/react-router";

import { Asked, Loading } from "@/parts/Asked";
import { begun, useDraft } from "@/parts/draft";
import { Screen } from "@/parts/Screen";
import { To } from "@/parts/To";
import { useWorkspace } from "@/parts/workspace";
import { audienceWords as words } from "@/words/audiences";

import { useAudiences } from "./ask";
import { Editor } from "./Editor";
import { pathOf, START } from "./text";

/** Editing an audience that there is. */
export function EditAudiencePage() {
  const { audience } = useParams({ from: "/audiences/$audience/edit" });
  const workspace = useWorkspace();
  const audiences = useAudiences();
  const { draft, bases, isLoading } = useDraft();
  return (
    <Screen title={words.editor.title(audience)} above={<To to={`/audiences/${audience}`}>{audience}</To>}>
      <Asked query={workspace}>
        {(found) => {
          if (isLoading) return <Loading />;
          const size = audiences.data?.find((each) => each.audience === audience)?.size;
          return <Editor key={audience} name={audience} begun={begun(found, { draft, bases }, pathOf(audience), START(audience))} {...(size === undefined ? {} : { size })} />;
        }}
      </Asked>
    </Screen>
  );
}
