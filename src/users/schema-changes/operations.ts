import { describeSchemaChange } from './describe-schema-change.operation.ts'
import { finishSchemaChange } from './finish-schema-change.operation.ts'
import { planSchemaChange } from './plan-schema-change.operation.ts'
import { startSchemaChange } from './start-schema-change.operation.ts'
import { undoSchemaChange } from './undo-schema-change.operation.ts'

/** By name, for the command line, which calls them without a server. */
export const operations = {
  DescribeSchemaChange: describeSchemaChange,
  FinishSchemaChange: finishSchemaChange,
  PlanSchemaChange: planSchemaChange,
  StartSchemaChange: startSchemaChange,
  UndoSchemaChange: undoSchemaChange,
}
