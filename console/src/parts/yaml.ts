import { type Document, isMap, parseDocument } from "yaml";

/** A file of the workspace as a document: it is changed key by key, and comments stay. */
export interface YamlFile {
  document: Document;
  broken: boolean;
}

export function readFile(text: string): YamlFile {
  const document = parseDocument(text);
  return { document, broken: document.errors.length > 0 || !isMap(document.contents) };
}

export function values(file: YamlFile): Record<string, unknown> {
  return file.broken ? {} : (file.document.toJS() as Record<string, unknown>);
}

export function written(document: Document): string {
  return document.toString({ lineWidth: 120, flowCollectionPadding: false });
}

/** The text with a key set, or without it when there is nothing to say. */
export function set(text: string, key: string, value: unknown): string {
  const { document } = readFile(text);
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) document.delete(key);
  else document.set(key, typeof value === "object" ? document.createNode(value) : value);
  return written(document);
}
