import http from 'k6/http';

const thrown = (action) => {
  try {
    return action();
  } catch (error) {
    return String(error);
  }
};

export default function () {
  const url = `${__ENV.HTTP_URL}/html`;
  const response = http.get(url);
  console.log(response.html().find('li').text(), response.html('li').size(), response.html('ul, li').size(), response.html('nothing').size(), response.html(undefined).size(), response.html('li').end().size());
  console.log(response.html().url, response.html('a').attr('href'), response.html('a').get(0).href(), response.html('form').get(0).action(), response.html('form').serialize());
  console.log(http.get(url, { responseType: 'binary' }).html('title').text());
  console.log(thrown(() => http.get(url, { responseType: 'none' }).html()));
  console.log(http.get(`${__ENV.HTTP_URL}/json`).html().text());
  console.log(http.get(`${__ENV.HTTP_URL}/redirect-to?url=/html`).html().url);
  response.body = '<p>new</p>';
  console.log(response.html('p').text());
}
