import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple } from "@mantine/core";

/** The thrush's colours: slate of the head, ochre of the breast. */
const slate: MantineColorsTuple = [
  "#eef3f8", "#dbe4ed", "#b5c7d9", "#8ca8c4", "#6b8fb2", "#557fa7", "#47719b", "#3b5f84", "#33506b", "#263f57",
];
const ochre: MantineColorsTuple = [
  "#fff6e6", "#faead0", "#f2d3a2", "#ebbb70", "#e4a747", "#e19a2c", "#df931d", "#b87208", "#8f5700", "#6b4000",
];

export const theme = createTheme({
  colors: { slate, ochre },
  primaryColor: "slate",
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  defaultRadius: "md",
  cursorType: "pointer",
  autoContrast: true,
  luminanceThreshold: 0.35,
  variantColorResolver: (input) => {
    const found = defaultVariantColorsResolver(input);
    if (input.variant !== "light" || input.color === undefined || input.color.includes("(")) return found;
    return { ...found, color: `light-dark(var(--mantine-color-${input.color}-9), var(--mantine-color-${input.color}-2))` };
  },
  headings: { fontWeight: "650" },
});
