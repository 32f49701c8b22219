/** The list that a person has chosen: one that exists, or one to be made. */
export type ChosenList = { readonly id: string; readonly name: string } | { readonly create: string }

export const isChosen = (list: ChosenList | undefined): list is ChosenList =>
  list !== undefined && ('id' in list || list.create.trim() !== '')
