import type {
  NumberAttributeConstraintsType,
  SchemaAttributeChangeType,
  StringAttributeConstraintsType,
} from '../../contract/generated/types.ts'
import type { AttributeChange } from './attribute-change.ts'

export function readAttributeChange(sent: SchemaAttributeChangeType): AttributeChange {
  return {
    name: sent.Attribute,
    isRemoved: sent.Remove ?? false,
    newName: sent.NewName,
    type: sent.AttributeDataType,
    mutable: sent.Mutable,
    required: sent.Required,
    defaultValue: sent.DefaultValue,
    reportsMissing: sent.MissingValues === 'REPORT',
    length: sent.StringAttributeConstraints && readLength(sent.StringAttributeConstraints),
    range: sent.NumberAttributeConstraints && readRange(sent.NumberAttributeConstraints),
  }
}

const readLength = ({ MinLength: min, MaxLength: max }: StringAttributeConstraintsType) => ({ min, max })
const readRange = ({ MinValue: min, MaxValue: max }: NumberAttributeConstraintsType) => ({ min, max })

export function writeAttributeChange(change: AttributeChange): SchemaAttributeChangeType {
  const { length, range } = change
  return {
    Attribute: change.name,
    NewName: change.newName,
    AttributeDataType: change.type,
    Mutable: change.mutable,
    Required: change.required,
    DefaultValue: change.defaultValue,
    MissingValues: change.reportsMissing ? 'REPORT' : undefined,
    StringAttributeConstraints: length && { MinLength: length.min, MaxLength: length.max },
    NumberAttributeConstraints: range && { MinValue: range.min, MaxValue: range.max },
    Remove: change.isRemoved || undefined,
  }
}
