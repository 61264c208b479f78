/**
 * The files below comments: each a link that says what is known of it, and pictures as pictures where they are small
 * enough and few. What a page has room for depends on its files alone.
 */
import type { FileFacts, FileKind, PictureSize } from '../bug/file-kind.ts'
import { isFileHash } from '../bug/ids.ts'
import type { CommentEvent, TimelineEvent } from '../bug/model.ts'
import { strings } from '../strings/strings.ts'
import { isComment } from './comment-view.ts'
import type { Links } from './links.ts'
import { bytesText, leftOut, shownText } from './wording.ts'

export interface FileView {
  readonly name: string
  /** Undefined for what is no hash of a file. */
  readonly url: string | undefined
  /** Kind, measures and size in words; empty where nothing is known. */
  readonly about: string
  /** How large a picture is shown; undefined where it is not. */
  readonly picture: PictureSize | undefined
}

export interface FilesView {
  readonly shown: readonly FileView[]
  /** How many more there are, in words; empty where all are shown. */
  readonly more: string
}

export interface FilesInput {
  readonly links: Links
  readonly repository: string
  /** What is known of the files, by hash. */
  readonly known: ReadonlyMap<string, FileFacts>
}

/** Of one comment. */
const maxFiles = 100
/** Of one page. */
const maxPictures = 20
/** What a browser has to keep in memory of one, and of all of a page: a small file may unpack to far more. */
const maxPixels = 40_000_000
const maxPagePixels = 100_000_000
/** A picture is shown within this, and never larger than it is. */
const box: PictureSize = { width: 640, height: 400 }

/** Hashes of the files that comments list and a page shows, in its order. */
export function listedFiles(events: readonly TimelineEvent[]): string[] {
  return events.filter(isComment).flatMap(({ files }) => files.slice(0, maxFiles).filter(isFileHash))
}

/** The files of each comment that has some. */
export function filesOfComments(
  events: readonly TimelineEvent[],
  input: FilesInput,
): ReadonlyMap<TimelineEvent, FilesView> {
  let room = maxPictures
  let pixelRoom = maxPagePixels
  const view = (file: string): FileView => {
    if (!isFileHash(file)) return { name: shownText(file, 64), url: undefined, about: '', picture: undefined }
    const facts = input.known.get(file)
    const size = facts?.picture
    const pixels = size ? size.width * size.height : 0
    const picture = size && room > 0 && pixels <= Math.min(maxPixels, pixelRoom) ? fitted(size) : undefined
    if (picture) {
      room--
      pixelRoom -= pixels
    }
    const url = input.links.file(input.repository, file)
    return { name: file.slice(0, 12), url, about: facts ? aboutFile(facts) : '', picture }
  }
  const filesView = ({ files }: CommentEvent): FilesView => ({
    shown: files.slice(0, maxFiles).map(view),
    more: leftOut(files.length, maxFiles, strings.timeline.moreFiles),
  })
  const listing = events.filter(isComment).filter(({ files }) => files.length > 0)
  return new Map(listing.map(event => [event, filesView(event)]))
}

/** How large a picture of that size is shown. */
function fitted(size: PictureSize): PictureSize {
  const scale = Math.min(1, box.width / size.width, box.height / size.height)
  const width = Math.max(1, Math.round(size.width * scale))
  // From the width as it is now: that is how a browser finds the height once the picture is there.
  return { width, height: Math.max(1, Math.round((size.height * width) / size.width)) }
}

/** Such as `PNG, 640 × 480, 12.3 kB`. */
function aboutFile({ size, kind, picture }: FileFacts): string {
  const kinds: Readonly<Record<FileKind, string>> = strings.timeline.fileKinds
  const measures = picture && `${picture.width} × ${picture.height}`
  return [kind && kinds[kind], measures, bytesText(size)].filter(Boolean).join(', ')
}
