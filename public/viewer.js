// The optional script: pages are complete without it. It stands before the stylesheet, so that the chosen colours are
// there before anything is painted; everything else waits for the document, and does nothing where something is missing.
{
  const root = document.documentElement
  const find = (selector, inside = document) => inside.querySelector(selector)
  const findAll = selector => [...document.querySelectorAll(selector)]
  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties)
    element.append(...children)
    return element
  }

  // Browsers may refuse to keep anything.
  const recall = (store, key) => {
    try {
      return JSON.parse(window[store].getItem(key))
    } catch {}
  }
  const keep = (store, key, value) => {
    try {
      window[store].setItem(key, JSON.stringify(value))
    } catch {}
  }

  const say = text => {
    const line = make('p', {}, text)
    status.append(line)
    setTimeout(() => line.remove(), 4000)
  }
  const status = make('div', { className: 'status', role: 'status' })

  const copy = async (text, what) => {
    try {
      await navigator.clipboard.writeText(text)
      say(`Copied: ${what}`)
    } catch {
      // Without TLS there is no clipboard.
      prompt('To copy:', text)
    }
  }
  // Its word comes from the stylesheet, so that it is no part of what it stands in.
  const copyButton = (text, what) =>
    make('button', { type: 'button', className: 'copy', ariaLabel: `Copy ${what}`, onclick: () => copy(text, what) })

  // Colours.
  const themes = { system: 'System', light: 'Light', dark: 'Dark' }
  const showTheme = theme => {
    root.dataset.theme = theme
    find('meta[name="color-scheme"]').content = theme === 'system' ? 'light dark' : theme
  }
  const theme = recall('localStorage', 'theme') ?? root.dataset.theme ?? 'system'
  if (themes[theme]) showTheme(theme)

  // Elements that are empty without a script. They are filled while the page is read, so nothing moves afterwards.
  const define = (name, fill) =>
    customElements.define(
      name,
      class extends HTMLElement {
        connectedCallback() {
          if (!this.firstChild) fill(this)
        }
      },
    )
  define('page-tools', element => {
    const options = Object.entries(themes).map(([value, text]) => new Option(text, value, false, value === theme))
    const select = make('select', { onchange: () => showTheme(select.value) }, ...options)
    select.addEventListener('change', () => keep('localStorage', 'theme', select.value))
    element.append(
      make('label', {}, 'Colours ', select),
      make('button', { type: 'button', textContent: 'Keys', onclick: showKeys }),
    )
  })
  define('copy-button', element => element.append(copyButton(element.dataset.text, element.dataset.what)))

  // Keys. Each acts on what the page has; the list of a bug page is the one that was seen last in this tab.
  const click = selector => find(selector)?.click()
  const visit = url => {
    if (url) location.href = url
  }
  const here = () => location.href.split('#')[0]
  const ownList = () => {
    const list = recall('sessionStorage', 'list')
    return list?.urls.includes(here()) ? list : undefined
  }
  const firstTab = '.bar nav a'
  const items = () =>
    findAll('.timeline > li, .bugs > li, .board li, main tbody tr:not(.text *)').filter(item => item.checkVisibility())
  const itemAt = () => items().findLast(item => item.contains(document.activeElement))
  const opener = (item, isRow) =>
    (isRow ? (find('.title', item) ?? find('a', item)) : find(':scope > details > summary', item)) ?? item
  const move = by => {
    const all = items()
    const now = all.indexOf(itemAt())
    // From where the reader looks, where nothing was chosen yet.
    const first = all.findIndex(item => item.getBoundingClientRect().bottom > 0)
    const item = all[now < 0 ? first : now + by]
    if (!item) return
    const isRow = !item.closest('.timeline')
    if (!isRow) item.tabIndex = -1
    opener(item, isRow).focus({ preventScroll: true })
    item.scrollIntoView({ block: isRow ? 'nearest' : 'start' })
  }
  const step = by => {
    const urls = ownList()?.urls ?? []
    visit(urls[urls.indexOf(here()) + by])
  }
  const copyComment = () => {
    const { id } = itemAt() ?? find('.timeline > :target') ?? find('.timeline > li') ?? {}
    if (id) copy(`${here()}#${id}`, 'address of this comment')
  }
  const search = () => {
    const input = find('main input[type="search"]') ?? find('input[type="search"]')
    input?.focus()
    input?.select()
  }
  const keys = {
    '/': ['Search', search],
    j: ['Next row or comment', () => move(1)],
    k: ['Previous row or comment', () => move(-1)],
    o: ['Open it', () => document.activeElement.click()],
    u: ['Back to the list', () => (ownList() ? visit(ownList().here) : click(firstTab))],
    l: ['Next page of the list', () => visit(find('[rel="next"]')?.href)],
    h: ['Previous page of the list', () => visit(find('[rel="prev"]')?.href)],
    n: ['Next bug of the list', () => step(1)],
    p: ['Previous bug of the list', () => step(-1)],
    c: ['Copy the address of this comment', copyComment],
    y: [
      'Copy the address of this page',
      () => copy((find('[rel="canonical"]') ?? location).href, 'address of this page'),
    ],
    'g i': ['Go to the bugs', () => click(firstTab)],
    'g r': ['Go to the repositories', () => click('.where a')],
    '?': ['These keys', () => showKeys()],
  }
  const showKeys = () => {
    const rows = Object.entries(keys).map(([key, [text]]) =>
      make('div', {}, make('dt', {}, make('kbd', {}, key)), make('dd', {}, text)),
    )
    const on = make('input', {
      type: 'checkbox',
      checked: areKeysOn(),
      onchange: () => keep('localStorage', 'keys', on.checked),
    })
    const close = make('button', { textContent: 'Close', onclick: () => dialog.close() })
    const dialog = make(
      'dialog',
      { className: 'keys', ariaLabel: 'Keys', closedBy: 'any', onclose: () => dialog.remove() },
      make('h2', {}, 'Keys'),
      make('dl', {}, ...rows),
      make('label', {}, on, ' Use these keys'),
      close,
    )
    document.body.append(dialog)
    dialog.showModal()
  }
  const areKeysOn = () => recall('localStorage', 'keys') !== false
  let before = ''
  document.addEventListener('keydown', event => {
    const { key, target, ctrlKey, metaKey, altKey, isComposing } = event
    const isTyping = target.closest('input, textarea, select, dialog, [contenteditable]')
    if (ctrlKey || metaKey || altKey || isComposing || isTyping || !areKeysOn()) return
    const [, act] = keys[`${before} ${key}`] ?? keys[key] ?? []
    before = key
    if (!act) return
    event.preventDefault()
    act()
  })

  // Suggestions for a query, as a combobox with a list (ARIA Authoring Practices, "Combobox").
  const suggest = input => {
    const list = make('ul', {
      id: 'suggestions',
      className: 'suggestions',
      role: 'listbox',
      ariaLabel: 'Suggestions',
      hidden: true,
    })
    let shown = []
    let at = -1
    let asked = 0
    const mark = to => {
      at = to
      for (const [index, option] of [...list.children].entries()) option.ariaSelected = String(index === at)
      list.children[at]?.scrollIntoView({ block: 'nearest' })
      input.setAttribute('aria-activedescendant', list.children[at]?.id ?? '')
    }
    const show = found => {
      shown = found
      list.replaceChildren(
        ...found.map(({ text, hint }, index) =>
          make(
            'li',
            {
              id: `suggestion-${index}`,
              role: 'option',
              onmousedown(event) {
                event.preventDefault()
                take(index)
              },
            },
            text,
            make('span', {}, hint ?? ''),
          ),
        ),
      )
      list.hidden = found.length === 0
      input.ariaExpanded = String(!list.hidden)
      mark(-1)
    }
    const ask = async () => {
      const turn = ++asked
      const text = input.value.slice(0, input.selectionStart)
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`).catch(() => {})
      const { items = [] } = answer?.ok ? await answer.json() : {}
      // Somebody has typed on meanwhile, or left.
      if (turn === asked && document.activeElement === input) show(items)
    }
    const take = index => {
      const { text, replace } = shown[index]
      input.setRangeText(text, ...replace, 'end')
      show([])
      ask()
    }
    let timer
    const close = () => {
      clearTimeout(timer)
      asked++
      show([])
    }
    input.addEventListener('input', () => {
      clearTimeout(timer)
      timer = setTimeout(ask, 100)
    })
    input.addEventListener('blur', close)
    input.addEventListener('keydown', event => {
      const { key } = event
      const last = shown.length - 1
      if (event.isComposing || last < 0) return
      if (key === 'ArrowDown') mark(at < last ? at + 1 : 0)
      else if (key === 'ArrowUp') mark(at > 0 ? at - 1 : last)
      else if (key === 'Escape') close()
      else if (at >= 0 && (key === 'Enter' || key === 'Tab')) take(at)
      else return
      event.preventDefault()
    })
    for (const [name, value] of Object.entries({
      role: 'combobox',
      'aria-controls': list.id,
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
    }))
      input.setAttribute(name, value)
    input.form.append(list)
  }

  // An open page learns that there is a newer one; what has changed elsewhere in the repository is no news for it.
  const live = () => {
    const { events } = document.body.dataset
    const text = find('main').textContent
    if (!events) return
    let source
    let url = events
    const isSame = async () => {
      const answer = await fetch(location.href, { cache: 'no-cache' })
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      return answer.ok && find('main', page)?.textContent === text
    }
    const heard = async ({ data }) => {
      url = events.replace(/[^=]*$/, data)
      // Not all readers of a page at once.
      await new Promise(resolve => setTimeout(resolve, Math.random() * 1000))
      if (await isSame().catch(() => true)) return
      document.removeEventListener('visibilitychange', listen)
      source?.close()
      const load = make('a', { href: location.href, textContent: 'Load it', onclick: () => location.reload() })
      status.append(make('p', {}, 'A newer version of this page is there. ', load))
    }
    const listen = () => {
      source?.close()
      source = document.hidden ? undefined : new EventSource(url)
      source?.addEventListener('newer', heard)
    }
    document.addEventListener('visibilitychange', listen)
    listen()
  }

  // Menus shut as those of the system do.
  const shut = menu => {
    if (menu.contains(document.activeElement)) find('summary', menu).focus()
    menu.open = false
  }
  const openMenus = () => findAll('.menu[open]')
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') openMenus().forEach(shut)
  })

  document.addEventListener('click', event => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false
    const link = event.target.closest?.('a.image[data-image]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    link.replaceWith(make('img', { referrerPolicy: 'no-referrer', alt: link.textContent, src: link.dataset.image }))
  })
  document.addEventListener('mouseover', ({ target }) => {
    const time = target.closest?.('time[datetime]')
    if (time) time.title ||= new Date(time.dateTime).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })
  })
  document.addEventListener('DOMContentLoaded', () => {
    live()
    document.body.append(status)
    for (const pre of findAll('main pre')) pre.append(copyButton(pre.textContent, 'these lines'))
    for (const input of findAll('input[data-suggest]')) suggest(input)
    const titles = findAll('main .title')
    if (titles.length > 0 && !find('.timeline')) {
      const urls = [find('[rel="prev"]'), ...titles, find('[rel="next"]')].map(link => link?.href)
      keep('sessionStorage', 'list', { here: location.href, urls })
    }
  })
}
