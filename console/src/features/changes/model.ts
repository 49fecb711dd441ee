export interface Version {
  version: number;
  base: number | null;
  status: string;
  is_in_force: boolean;
  by: string;
  reason: string;
  at: string;
  changes: string[];
  concerns: string[];
  restores: number | null;
}

export interface WholeVersion extends Omit<Version, "changes"> {
  changes: { thing: string; how: string; what: string[] }[];
  files: Record<string, string>;
  approvers: string[];
  steps: { status: string; by: string; reason: string; at: string }[];
}
