import { Badge, createTheme, type CSSVariablesResolver, defaultVariantColorsResolver, type MantineColorsTuple, Modal } from "@mantine/core";

import { states } from "@/words/shell";

/** The thrush's colours: slate of the head, ochre of the breast. */
const slate: MantineColorsTuple = [
  "#eef3f8", "#dbe4ed", "#b5c7d9", "#8ca8c4", "#6b8fb2", "#557fa7", "#47719b", "#3b5f84", "#33506b", "#263f57",
];
const ochre: MantineColorsTuple = [
  "#fff6e6", "#faead0", "#f2d3a2", "#ebbb70", "#e4a747", "#e19a2c", "#df931d", "#b87208", "#8f5700", "#6b4000",
];
/** Good, bad and the calm after the peak. Their last shades are dark enough for words on their first. */
const green: MantineColorsTuple = [
  "#e7f6ec", "#cfecd9", "#a5dbb8", "#7fd49a", "#52b877", "#37a261", "#28854c", "#207543", "#1d6b3a", "#14502b",
];
const red: MantineColorsTuple = [
  "#fdeeee", "#fbdcdc", "#f7bcbc", "#ff9d9d", "#ee7272", "#e35353", "#d63b3b", "#c02c2c", "#b02525", "#871a1a",
];
const teal: MantineColorsTuple = [
  "#e6f6f4", "#cdebe7", "#a0d8d1", "#74c5bb", "#4fb0a5", "#369b90", "#278077", "#1f6f67", "#195d56", "#114641",
];

/** Words on what is lightly tinted take the darkest shade in the light theme and a light one in the dark theme. */
export const theme = createTheme({
  colors: { slate, ochre, green, red, teal },
  primaryColor: "slate",
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  defaultRadius: "md",
  cursorType: "pointer",
  autoContrast: true,
  luminanceThreshold: 0.35,
  variantColorResolver: (input) => {
    const found = defaultVariantColorsResolver(input);
    const { variant, color = "slate" } = input;
    if (!["light", "subtle"].includes(variant) || color.includes("(")) return found;
    const words = `light-dark(var(--mantine-color-${color}-9), var(--mantine-color-${color}-2))`;
    if (variant === "subtle") return { ...found, color: words };
    const tint = (share: number) => `light-dark(var(--mantine-color-${color}-1), color-mix(in srgb, var(--mantine-color-${color}-5) ${share}%, transparent))`;
    return { ...found, color: words, background: tint(24), hover: tint(34) };
  },
  headings: { fontWeight: "650" },
  components: {
    Modal: Modal.extend({ defaultProps: { closeButtonProps: { "aria-label": states.close } } }),
    Badge: Badge.extend({ defaultProps: { tt: "none" }, styles: { root: { minWidth: "max-content", flexShrink: 0 } } }),
  },
});

/** Quiet words, links and errors, which Mantine's own shades make too faint to read. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#56616d",
    "--mantine-color-placeholder": "#66717d",
    "--mantine-color-anchor": slate[7],
    "--mantine-color-error": red[8],
  },
  dark: {
    "--mantine-color-dimmed": "#a9b3be",
    "--mantine-color-placeholder": "#9aa5b1",
    "--mantine-color-anchor": "#9fc0e2",
    "--mantine-color-error": red[3],
  },
});
