/** Counts one after another as small bars, with words for those who hear it. */
export function Spark({ counts, label, width = 120, height = 24 }: { counts: readonly number[]; label: string; width?: number; height?: number }) {
  const most = Math.max(1, ...counts);
  const step = width / Math.max(1, counts.length);
  return (
    <svg role="img" aria-label={label} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} stroke="currentColor" strokeOpacity={0.35} />
      {counts.map((count, place) => {
        const tall = count === 0 ? 0 : Math.max(2, (count / most) * (height - 2));
        return <rect key={place} x={place * step} y={height - tall} width={Math.max(1, step - 1)} height={tall} fill="currentColor" />;
      })}
    </svg>
  );
}
