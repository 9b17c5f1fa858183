/** The version that manifests carry; `package.json` says the same, and a test holds them together. */
export const engineVersion = '0.1.0';
