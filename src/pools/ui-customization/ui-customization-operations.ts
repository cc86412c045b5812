import { getUICustomization } from './get-ui-customization.operation.ts'
import { setUICustomization } from './set-ui-customization.operation.ts'

export const uiCustomizationOperations = [setUICustomization, getUICustomization] as const
