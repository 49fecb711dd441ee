/** Whose name stands under an act: the signed-in user's. */
export function useActor(): string {
  return "console";
}
