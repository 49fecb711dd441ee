/** A task as the API tells it. */
export interface Task {
  id: string;
  list: string;
  kind: string;
  status: string;
  title: string;
  text: string;
  profile_id: number | null;
  location: string | null;
  assignee: string | null;
  at: string;
  due_at: string | null;
  is_overdue: boolean;
  done_at: string | null;
  done_by: string | null;
}

export interface Found {
  open: Record<string, number>;
  tasks: Task[];
  is_more: boolean;
}

/** Whose a task is to whoever looks: an answer that may be an opt-out is nobody's, for it is decided elsewhere. */
export type Whose = "decide" | "free" | "mine" | "theirs";

export function whose(task: Pick<Task, "kind" | "assignee">, me: string): Whose {
  if (task.kind === "opt_out_review") return "decide";
  if (task.assignee === null) return "free";
  return task.assignee === me ? "mine" : "theirs";
}
