// The laws of the console: features know nothing of each other, words stand in the catalogue, files stay short.
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const WORDS = "Write this text in src/words/, where all words of the console stand.";
const ALONE = "A feature imports no other feature. Move what both need to src/parts/.";

export default tseslint.config(
  { ignores: ["node_modules", "dist", "src/api/schema.d.ts"] },
  ...tseslint.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "max-lines": ["error", { max: 200, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      eqeqeq: ["error", "smart"],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-restricted-syntax": [
        "error",
        { selector: "JSXText[value=/[A-Za-z]{2,}/]", message: WORDS },
        {
          selector: "JSXAttribute[name.name=/^(label|title|placeholder|aria-label|description)$/] > Literal[value=/[A-Za-z]{2,}/]",
          message: WORDS,
        },
      ],
    },
  },
  {
    files: ["src/features/**/*.{ts,tsx}"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [{ group: ["@/features/*", "../*/*", "@/app/*"], message: ALONE }] }],
    },
  },
  { files: ["src/words/**"], rules: { "max-lines": "off" } },
);
