import { texts as app } from './zh-app'
import { texts as knowledge } from './zh-knowledge'
import { texts as rest } from './zh-rest'
import { texts as run } from './zh-run'

export default { ...app, ...knowledge, ...rest, ...run }
