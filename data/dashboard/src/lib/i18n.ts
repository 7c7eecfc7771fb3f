// SPDX-License-Identifier: MIT
// One gettext domain with the C side. The English text is the key; `{name}` stands for a value.

type Catalogue = Record<string, string[]>;
type Values = Record<string, string | number>;

const loaders = import.meta.glob<{ default: Catalogue }>('../locales/*.json');
let catalogue: Catalogue = {};
let language = 'en';

function fill(text: string, values?: Values): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export function _(text: string, values?: Values): string {
  return fill(catalogue[text]?.[0] ?? text, values);
}

export function ngettext(one: string, many: string, count: number, values?: Values): string {
  const forms = catalogue[one];
  const index = pluralIndex(count, forms?.length ?? 2);
  return fill(forms?.[index] ?? (count === 1 ? one : many), { count, ...values });
}

function pluralIndex(count: number, forms: number): number {
  const order = ['one', 'few', 'many', 'other'];
  const used = new Set(new Intl.PluralRules(language).resolvedOptions().pluralCategories);
  const rule = new Intl.PluralRules(language).select(count);
  return Math.min(order.filter((name) => used.has(name as Intl.LDMLPluralRule)).indexOf(rule), forms - 1);
}

/** For dates and numbers: the viewer's own kind of the language, where it is the one shown. */
export function currentLanguage(): string {
  return navigator.language.split('-')[0] === language ? navigator.language : language;
}

export function setCatalogue(name: string, entries: Catalogue): void {
  language = name;
  catalogue = entries;
}

/** Loads the first of the browser's languages that there is a catalogue for. English needs none. */
export async function loadLanguage(wanted: readonly string[] = navigator.languages): Promise<void> {
  for (const tag of wanted) {
    const base = tag.split('-')[0] ?? 'en';
    if (base === 'en') return;
    const load = loaders[`../locales/${tag.replace('-', '_')}.json`] ?? loaders[`../locales/${base}.json`];
    if (!load) continue;
    setCatalogue(base, (await load()).default);
    document.documentElement.lang = base;
    return;
  }
}
