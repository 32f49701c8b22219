import { type CSSVariablesResolver, createTheme } from '@mantine/core'

export const theme = createTheme({
  respectReducedMotion: true,
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 8 },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.1rem' }, h3: { fontSize: '1rem' } },
  },
  cursorType: 'pointer',
  components: {
    Switch: { defaultProps: { withThumbIndicator: false } },
    Tooltip: {
      defaultProps: { events: { hover: true, focus: true, touch: true }, multiline: true, maw: 340, openDelay: 80 },
    },
    Card: { defaultProps: { withBorder: true, padding: 'lg' } },
    Table: { defaultProps: { verticalSpacing: 'sm', horizontalSpacing: 'md' } },
    Modal: { defaultProps: { centered: true, closeButtonProps: { 'aria-label': 'Close' } } },
    Badge: { defaultProps: { variant: 'light', tt: 'none', fw: 550 } },
  },
})

/** Words on a light ground of the same colour, dark enough to be read (4.5 : 1). */
const onLight = {
  teal: '#065f46',
  cyan: '#0b5566',
  yellow: '#724600',
  orange: '#8a3b00',
  red: '#a51111',
  blue: '#134b8f',
  gray: '#40464f',
  grape: '#702082',
  indigo: '#2f44ad',
}

/** Greys that can be read on the ground that they stand on. */
export const colours: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...Object.fromEntries(
      Object.entries(onLight).map(([name, words]) => [`--mantine-color-${name}-light-color`, words]),
    ),
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#a61e1e',
    '--mantine-color-dimmed': '#5c6370',
    '--mantine-color-placeholder': '#6b7280',
    '--mantine-color-anchor': '#3b5bdb',
    '--ground': '#f7f8fa',
    '--edge': '#dee2e6',
  },
  dark: {
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#b02525',
    '--mantine-color-dimmed': '#a8afba',
    '--mantine-color-placeholder': '#9aa1ac',
    '--mantine-color-anchor': '#91a7ff',
    '--ground': '#1a1b1e',
    '--edge': '#424242',
  },
})
