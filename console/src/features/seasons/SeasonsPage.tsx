export function SeasonsPage() { return null; }
