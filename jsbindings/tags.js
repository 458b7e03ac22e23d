// Tags as scripts give them: https://grafana.com/docs/k6/latest/using-k6/tags-and-groups/
import { GoError } from 'k6py:kernel';

// k6 takes numbers and booleans in their boxes, too, but no strings; a symbol is its description.
const plain = (value) => {
  if (typeof value === 'symbol') {
    return value.description ?? '';
  }
  return value instanceof Number || value instanceof Boolean ? value.valueOf() : value;
};

// The tags as text, null for none. Throws for values that are no string, number or boolean.
export const tagValues = (tags, context = '') => {
  if (tags === undefined || tags === null) {
    return null;
  }
  const values = {};
  for (const [name, given] of Object.entries(Object(tags))) {
    const value = plain(given);
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new GoError(`${context}invalid value for metric tag '${name}': only String, Boolean and Number types`
        + ' are accepted as a metric tag values');
    }
    values[name] = String(value);
  }
  return values;
};
