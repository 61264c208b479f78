/** Words of the page of all labels. */

export const labelsStrings = {
  title: 'Labels',
  label: 'Label',
  open: 'Open',
  all: 'All',
  withoutAScope: 'without a scope',
  noneCarriesALabel: 'No bug carries a label. In a clone, one is added with:',
  moreLabelsAre: ['more label is', 'more labels are'],
  /** Before a link. */
  moreAreIn: (moreLabelsAre: string) => `${moreLabelsAre} in `,
  withoutALabel: ['bug without a label', 'bugs without a label'],
} as const
