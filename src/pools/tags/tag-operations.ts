import { listTagsForResource } from './list-tags-for-resource.operation.ts'
import { tagResource } from './tag-resource.operation.ts'
import { untagResource } from './untag-resource.operation.ts'

export const tagOperations = [tagResource, untagResource, listTagsForResource] as const
