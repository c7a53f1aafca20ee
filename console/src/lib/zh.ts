import { texts as app } from './zh-app'
import { texts as knowledge } from './zh-knowledge'
import { texts as rest } from './zh-rest'

export default { ...app, ...knowledge, ...rest }
