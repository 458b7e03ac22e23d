// Tags as scripts give them: https://grafana.com/docs/k6/latest/using-k6/tags-and-groups/
import { GoError } from 'k6py:kernel';

// The tags as text, null for none. Throws for values that are no string, number or boolean.
export const tagValues = (tags, context = '') => {
  if (tags === undefined || tags === null) {
    return null;
  }
  const values = {};
  for (const [name, value] of Object.entries(Object(tags))) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new GoError(`${context}invalid value for metric tag '${name}': only String, Boolean and Number types`
        + ' are accepted as a metric tag values');
    }
    values[name] = String(value);
  }
  return values;
};
